# Gives the control manager another password for the account that a service logs on as.
param([Parameter(Mandatory)] [string] $Service, [Parameter(Mandatory)] [securestring] $Password)

$instance = Get-ServiceInstance $Service
# A key of the registry that the control manager has not read yet is no service.
if ($instance) {
    # Without the account's name the password is not taken (ChangeServiceConfig).
    $values = @{ StartName = $instance.StartName; StartPassword = (ConvertFrom-Secret $Password) }
    $code = (Invoke-CimMethod -InputObject $instance -MethodName Change -Arguments $values).ReturnValue
    if ($code -ne 0) { Stop-Script 'service_password_refused' @{ Service = $Service; Code = $code } }
}
@{ Service = $Service }
