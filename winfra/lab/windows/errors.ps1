# The errors of commands that Windows PowerShell has as compiled cmdlets.

function Write-CommandError($Cmdlet, [Exception] $Exception, [string] $Id, [string] $Category, $Target, [string] $Namespace = 'Microsoft.PowerShell.Commands', [switch] $Terminating) {
    # The id of a function ends in its name; that of a compiled cmdlet in its class.
    $record = [Management.Automation.ErrorRecord]::new($Exception, $Id, $Category, $Target)
    $field = [Management.Automation.ErrorRecord].GetField('_serializedFullyQualifiedErrorId', [Reflection.BindingFlags] 'NonPublic, Instance')
    $class = $Cmdlet.MyInvocation.MyCommand.Name.Replace('-', '') + 'Command'
    $field.SetValue($record, "$Id,$Namespace.$class")
    if ($Terminating) { $Cmdlet.ThrowTerminatingError($record) } else { $Cmdlet.WriteError($record) }
}

function Clear-Caught($Record) {
    # What a compiled cmdlet catches does not stand in $Error. Returns the exception, as it was thrown by .NET.
    while ($global:Error.Count -and $global:Error[0].Exception -eq $Record.Exception) { $global:Error.RemoveAt(0) }
    $exception = $Record.Exception
    while ($exception -is [Management.Automation.RuntimeException] -and $exception.InnerException) { $exception = $exception.InnerException }
    $exception
}
