# Remove-TypeData, which the engine's own Microsoft.PowerShell.Utility lacks.
Set-StrictMode -Version 3.0

function Remove-TypeData {
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory, Position = 0, ValueFromPipeline)] [string] $TypeName)
    process {
        $hidden = [Reflection.BindingFlags] 'NonPublic, Public, Instance'
        $runspace = [runspace]::DefaultRunspace
        $context = $runspace.GetType().GetProperty('ExecutionContext', $hidden).GetValue($runspace)
        $table = $context.GetType().GetProperty('TypeTable', $hidden).GetValue($context)
        $known = $table.GetType().GetMethod('GetAllTypeData', $hidden).Invoke($table, $null)
        if (-not $known.ContainsKey($TypeName)) {
            $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new(
                    [InvalidOperationException]::new("Error in TypeData ""$TypeName"": The type ""$TypeName"" was not found. Enter the complete name of the type and execute the command again."),
                    'TypesDynamicRemoveException', 'InvalidOperation', $TypeName))
            return
        }
        if ($PSCmdlet.ShouldProcess($TypeName)) { $table.GetType().GetMethod('RemoveType', $hidden).Invoke($table, @($TypeName)) }
    }
}
