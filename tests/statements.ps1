# Lists the statements of scripts. Standard input: JSON, name -> text. Output: JSON, a list of name, line, column, text.
# A function, an if, a loop, a try or a switch counts through the statements it is made of, a return through what it
# returns; what is assigned, thrown or the exit code belongs to its statement.
$scripts = ConvertFrom-Json -InputObject ([Console]::In.ReadToEnd())
$parts = 'CommandAst', 'CommandExpressionAst', 'FunctionDefinitionAst', 'IfStatementAst', 'ForStatementAst',
    'ForEachStatementAst', 'WhileStatementAst', 'DoWhileStatementAst', 'DoUntilStatementAst', 'TryStatementAst',
    'SwitchStatementAst', 'TrapStatementAst'
$wholes = 'AssignmentStatementAst', 'ThrowStatementAst', 'ExitStatementAst'
$found = foreach ($script in $scripts.PSObject.Properties) {
    $problems = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($script.Value, $script.Name, [ref] $null, [ref] $problems)
    if ($problems) { throw "$($script.Name): $problems" }
    foreach ($statement in $tree.FindAll({ $args[0] -is [Management.Automation.Language.StatementAst] }, $true)) {
        if ($statement.GetType().Name -in $parts -or $statement.Parent.GetType().Name -in $wholes) { continue }
        if ($statement -is [Management.Automation.Language.ReturnStatementAst] -and $statement.Pipeline) { continue }
        $extent = $statement.Extent
        , @($script.Name, $extent.StartLineNumber, $extent.StartColumnNumber, $extent.Text.Split("`n")[0].TrimEnd())
    }
}
ConvertTo-Json -InputObject @($found) -Depth 3 -Compress
