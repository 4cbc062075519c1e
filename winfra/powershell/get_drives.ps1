# The drives with letters. Size and free space are $null where no medium is in.
param()

$query = 'DeviceID', 'DriveType', 'FileSystem', 'Size', 'FreeSpace', 'VolumeName'
$drives = foreach ($drive in Get-CimInstance -ClassName Win32_LogicalDisk -Property $query) {
    # A cloud's temporary disk loses its content when the machine moves: Azure labels it and puts a warning there.
    $marked = Test-Path -LiteralPath "$($drive.DeviceID)\DATALOSS_WARNING_README.txt"
    @{
        Letter = $drive.DeviceID
        Type = [int] $drive.DriveType
        FileSystem = $drive.FileSystem
        Label = $drive.VolumeName
        Size = $drive.Size
        Free = $drive.FreeSpace
        Temporary = $marked -or $drive.VolumeName -eq 'Temporary Storage'
    }
}
@{ Items = @($drives) }
