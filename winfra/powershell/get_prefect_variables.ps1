# The names of Prefect's variables in the machine's environment (Machine) and in that of each service; no values.
param([string[]] $Service = @())

$control = 'HKLM:\SYSTEM\CurrentControlSet'
$machine = @((Get-Item -LiteralPath "$control\Control\Session Manager\Environment").GetValueNames())
$services = foreach ($name in $Service) {
    $path = "$control\Services\$name"
    $lines = if (Test-Path -LiteralPath $path) { (Get-Item -LiteralPath $path).GetValue('Environment') }
    @{ Service = $name; Variables = @(@($lines) -like 'PREFECT_*=*' -replace '=.*$') }
}
@{ Machine = @($machine -like 'PREFECT_*'); Services = @($services) }
