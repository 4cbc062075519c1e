# Lists the statements of scripts. Standard input: JSON, name -> text. Output: JSON, a list of name, line, column, text.
# An if, a loop, a try or a switch counts through the statements it is made of, a return through what it returns.
$scripts = ConvertFrom-Json -InputObject ([Console]::In.ReadToEnd())
$parts = 'CommandAst', 'CommandExpressionAst', 'IfStatementAst', 'ForStatementAst', 'ForEachStatementAst', 'WhileStatementAst',
    'DoWhileStatementAst', 'DoUntilStatementAst', 'TryStatementAst', 'SwitchStatementAst', 'TrapStatementAst'
$found = foreach ($script in $scripts.PSObject.Properties) {
    $problems = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($script.Value, $script.Name, [ref] $null, [ref] $problems)
    if ($problems) { throw "$($script.Name): $problems" }
    foreach ($statement in $tree.FindAll({ $args[0] -is [Management.Automation.Language.StatementAst] }, $true)) {
        if ($statement.GetType().Name -in $parts) { continue }
        if ($statement -is [Management.Automation.Language.ReturnStatementAst] -and $statement.Pipeline) { continue }
        $extent = $statement.Extent
        , @($script.Name, $extent.StartLineNumber, $extent.StartColumnNumber, $extent.Text.Split("`n")[0].TrimEnd())
    }
}
ConvertTo-Json -InputObject @($found) -Depth 3 -Compress
