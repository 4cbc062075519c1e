# Sets a value of a key, which is made when it is missing. Numbers come in decimal, bytes in base64.
param(
    [Parameter(Mandatory)] [string] $Path,
    [string] $Name,
    [Parameter(Mandatory)] [string] $Kind,
    [string[]] $Data
)

if (-not (Test-Path -LiteralPath "Registry::$Path")) { $null = New-Item -Path "Registry::$Path" -Force }
$value = switch ($Kind) {
    'DWord' { [BitConverter]::ToInt32([BitConverter]::GetBytes([uint32] $Data[0]), 0) }
    'QWord' { [BitConverter]::ToInt64([BitConverter]::GetBytes([uint64] $Data[0]), 0) }
    'Binary' { , [Convert]::FromBase64String($Data[0]) }
    'MultiString' { , $Data }
    default { $Data[0] }
}
$label = if ($Name) { $Name } else { '(default)' }
$null = New-ItemProperty -LiteralPath "Registry::$Path" -Name $label -PropertyType $Kind -Value $value -Force
