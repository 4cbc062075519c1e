# The values of each key as they are stored, and the names of the keys in it; Key is $null where there is none.
param([Parameter(Mandatory)] [string[]] $Path)

function ConvertTo-Text($Value) {
    # Numbers without sign, as regedit shows them.
    if ($Value -is [int]) { return [string] [BitConverter]::ToUInt32([BitConverter]::GetBytes($Value), 0) }
    if ($Value -is [long]) { return [string] [BitConverter]::ToUInt64([BitConverter]::GetBytes($Value), 0) }
    if ($Value -is [byte[]]) { return [Convert]::ToBase64String($Value) }
    $Value
}

function Get-Key([string] $Name) {
    $literal = "Registry::$Name"
    if (-not (Test-Path -LiteralPath $literal)) { return $null }
    $key = Get-Item -LiteralPath $literal
    $values = foreach ($value in $key.GetValueNames()) {
        $data = $key.GetValue($value, $null, 'DoNotExpandEnvironmentNames')
        @{ Name = $value; Kind = [string] $key.GetValueKind($value); Data = @(ConvertTo-Text $data) }
    }
    @{ Stored = @($values); Subkeys = @($key.GetSubKeyNames()) }
}

@{ Items = @(foreach ($name in $Path) { @{ Path = $name; Key = Get-Key $name } }) }
