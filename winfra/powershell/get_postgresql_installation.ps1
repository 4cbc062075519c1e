# What there is of a PostgreSQL server: its service's command line, its data folder, what EDB's installer has noted.
# Marker: the name of the file in a data folder with which this product says that it made the cluster.
param(
    [Parameter(Mandatory)] [string] $Service, [Parameter(Mandatory)] [string] $Data, [Parameter(Mandatory)] [string] $Marker,
    [Parameter(Mandatory)] [int] $Port
)

function Read-Text([string] $File) {
    if (-not [IO.File]::Exists($File)) { return $null }
    # The server has some of its files open.
    $stream = [IO.FileStream]::new($File, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare] 'ReadWrite, Delete')
    $reader = [IO.StreamReader]::new($stream)
    try { $reader.ReadToEnd() } finally { $reader.Dispose() }
}

function Get-Cluster([string] $Path) {
    try { $folder = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
    if (-not [IO.Directory]::Exists($folder)) { return $null }
    @{
        Entries = @([IO.Directory]::GetFileSystemEntries($folder) | Select-Object -First 5 | ForEach-Object { [IO.Path]::GetFileName($_) })
        Version = Read-Text ([IO.Path]::Combine($folder, 'PG_VERSION'))
        Control = [IO.File]::Exists([IO.Path]::Combine($folder, 'global', 'pg_control'))
        Marker = Read-Text ([IO.Path]::Combine($folder, $Marker))
    }
}

function Get-Noted {
    # EDB's installer notes each installation here; what a failed one left makes the next ignore its options.
    $root = 'HKLM:\SOFTWARE\PostgreSQL\Installations'
    if (-not (Test-Path -LiteralPath $root)) { return }
    foreach ($key in Get-ChildItem -LiteralPath $root) {
        @{
            Key = [string] $key.PSChildName
            Folder = [string] $key.GetValue('Base Directory')
            Data = [string] $key.GetValue('Data Directory')
            Service = [string] $key.GetValue('Service ID')
        }
    }
}

$key = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service"
$state = Get-ServiceInstance $Service 'Name', 'State'
$image = if ($state) { (Get-Item -LiteralPath $key).GetValue('ImagePath', $null, 'DoNotExpandEnvironmentNames') } else { $null }
$drive = if ($Data -match '^[A-Za-z]:') { $Matches[0] } else { '' }
$disk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$drive'" -Property FreeSpace
$listeners = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()
@{
    State = if ($state) { [string] $state.State } else { $null }
    ImagePath = $image
    Cluster = Get-Cluster $Data
    Noted = @(Get-Noted)
    Begun = [IO.File]::Exists([IO.Path]::Combine((Resolve-FullPath $env:TEMP), "winfra-$Service", 'options.txt'))
    Free = if ($disk) { [long] $disk.FreeSpace } else { $null }
    PortTaken = @($listeners | Where-Object { $_.Port -eq $Port }).Count -gt 0
}
