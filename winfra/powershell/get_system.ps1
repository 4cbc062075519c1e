# What the machine is: one question to CIM a class, the rest from the registry.
param()

function Get-Data([string] $Key, [string] $Value) {
    if (Test-Path -LiteralPath $Key) { (Get-Item -LiteralPath $Key).GetValue($Value) }
}

$os = Get-CimInstance -ClassName Win32_OperatingSystem -Property Caption, Version, BuildNumber, ProductType, LastBootUpTime, FreePhysicalMemory
$computer = Get-CimInstance -ClassName Win32_ComputerSystem -Property Name, Domain, DomainRole, PartOfDomain, Manufacturer, Model, NumberOfLogicalProcessors, TotalPhysicalMemory
$windows = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion'
$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
$reboot = @(
    if (Test-Path -LiteralPath "$windows\Component Based Servicing\RebootPending") { 'component servicing' }
    if (Test-Path -LiteralPath "$windows\WindowsUpdate\Auto Update\RebootRequired") { 'Windows Update' }
    if (Get-Data "$control\Session Manager" 'PendingFileRenameOperations') { 'files to be replaced' }
    $now = Get-Data "$control\ComputerName\ActiveComputerName" 'ComputerName'
    $next = Get-Data "$control\ComputerName\ComputerName" 'ComputerName'
    if ($now -ne $next) { 'a new computer name' }
)
@{
    Name = $computer.Name
    Caption = $os.Caption
    Version = $os.Version
    Build = [int] $os.BuildNumber
    Revision = Get-Data 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'UBR'
    Installation = Get-Data 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType'
    ProductType = [int] $os.ProductType
    DomainRole = [int] $computer.DomainRole
    Domain = if ($computer.PartOfDomain) { $computer.Domain } else { $null }
    Manufacturer = $computer.Manufacturer
    Model = $computer.Model
    Processors = [int] $computer.NumberOfLogicalProcessors
    Memory = [long] $computer.TotalPhysicalMemory
    FreeMemory = [long] $os.FreePhysicalMemory * 1024
    BootTime = $os.LastBootUpTime.ToUniversalTime().ToString('o', [Globalization.CultureInfo]::InvariantCulture)
    TimeZone = [TimeZoneInfo]::Local.Id
    RebootPending = $reboot
    PowerShell = [string] $PSVersionTable.PSVersion
    LanguageMode = [string] $ExecutionContext.SessionState.LanguageMode
}
