# The services, drivers not, and the account that each logs on as; Sid is null for an account that is gone.
param()

$sids = @{}
$items = foreach ($key in Get-ChildItem -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services') {
    # SERVICE_WIN32: a process of its own, or one that it shares.
    if (-not ([int] $key.GetValue('Type', 0) -band 0x30)) { continue }
    # What is marked for deletion cannot be changed any more, and will not start.
    if ($key.GetValue('DeleteFlag', 0)) { continue }
    $account = [string] $key.GetValue('ObjectName', 'LocalSystem')
    if (-not $sids.ContainsKey($account)) { $sids[$account] = ConvertTo-Sid $account }
    @{ Service = $key.PSChildName; Account = $account; Sid = $sids[$account] }
}
@{ Items = @($items) }
