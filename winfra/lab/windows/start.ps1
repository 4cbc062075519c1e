# The start of every Windows PowerShell process in the lab, before the user's text: drives, version, location, files
# that are in use, exit codes. Returns the user's text as a script block; the caller runs it in the global scope.
$told = [System.Text.Json.JsonDocument]::Parse($env:WINFRA_LAB_SESSION).RootElement
$env:WINFRA_LAB_SESSION = $null
$hidden = [Reflection.BindingFlags] 'NonPublic, Instance'

$fileSystem = $ExecutionContext.SessionState.Provider.GetOne('FileSystem')
foreach ($folder in [IO.Directory]::GetDirectories("$env:WINFRA_LAB/drives")) {
    $drive = [System.Management.Automation.PSDriveInfo]::new([IO.Path]::GetFileName($folder), $fileSystem, $folder, '', $null)
    $null = $ExecutionContext.SessionState.Drive.New($drive, 'global')
}
$null = $ExecutionContext.SessionState.Path.SetLocation($told.GetProperty('location').GetString())

# The variables are constant, but not what is in them.
foreach ($name in 'GitCommitId', 'OS', 'Platform') { $PSVersionTable.Remove($name) }
$PSVersionTable['PSVersion'] = [version] '5.1.20348.2402'
$PSVersionTable['PSEdition'] = 'Desktop'
$PSVersionTable['BuildVersion'] = [version] '10.0.20348.2402'
$PSVersionTable['CLRVersion'] = [version] '4.0.30319.42000'
$PSVersionTable['PSCompatibleVersions'] = [version[]] ('1.0', '2.0', '3.0', '4.0', '5.0', '5.1.20348.2402')
[psvariable].GetField('_value', $hidden).SetValue($ExecutionContext.SessionState.PSVariable.Get('PSEdition'), 'Desktop')

if ($told.GetProperty('codepage').GetString() -ne '65001') {
    [Text.Encoding]::RegisterProvider([Text.CodePagesEncodingProvider]::Instance)
    [Console]::OutputEncoding = [Text.Encoding]::GetEncoding([int] $told.GetProperty('codepage').GetString())
}

[Console]::Out.NewLine = [Console]::Error.NewLine = "`r`n"

. "$PSScriptRoot/files.ps1"
. "$PSScriptRoot/security.ps1"
. "$PSScriptRoot/access.ps1"

# Linux keeps eight bits of an exit code; the others are in a file of the process that ended.
$context = $ExecutionContext.GetType().GetField('_context', $hidden).GetValue($ExecutionContext)
$types = $context.GetType().GetProperty('TypeTable', $hidden).GetValue($context)
$type = [System.Management.Automation.Runspaces.TypeData]::new('System.Diagnostics.Process')
$type.Members.Add('ExitCode', [System.Management.Automation.Runspaces.ScriptPropertyData]::new('ExitCode', {
    $file = "$env:WINFRA_LAB/run/exit-$($this.PSBase.Id)"
    if ([IO.File]::Exists($file)) { [BitConverter]::ToInt32([BitConverter]::GetBytes([uint32] [IO.File]::ReadAllText($file)), 0) }
    else { $this.PSBase.ExitCode }
}))
$types.AddType($type)

# Windows starts what a file holds; Linux wants a permission, which a file that was written in here does not have.
$type = [System.Management.Automation.Runspaces.TypeData]::new('System.Diagnostics.ProcessStartInfo')
$type.Members.Add('FileName', [System.Management.Automation.Runspaces.ScriptPropertyData]::new('FileName', { $this.PSBase.FileName }, {
    $file = [IO.FileInfo] [string] $args[0]
    if ($file.Exists -and -not ($file.UnixFileMode -band [IO.UnixFileMode] 'UserExecute')) {
        $reader = $file.OpenText()
        $buffer = [char[]]::new(1024)
        $count = $reader.Read($buffer, 0, 1024)
        $reader.Dispose()
        if ([string]::new($buffer, 0, $count).Contains(' winfra.lab.programs.native ')) {
            $file.UnixFileMode = $file.UnixFileMode -bor [IO.UnixFileMode] 'UserExecute, GroupExecute, OtherExecute'
        }
    }
    $this.PSBase.FileName = $args[0]
}))
$types.AddType($type)

$name = $told.GetProperty('name').GetString()
$text = if ($name) { [IO.File]::ReadAllText($told.GetProperty('file').GetString()) } else { $told.GetProperty('text').GetString() }
# The methods come with the first use of the types, or with the text that names them.
if ($text -match 'AccessControl') { $null = [WinfraLabSecurity]::Call('Initialize-Security', @(@{}, $false)) }
$problems = $null
$ast = [System.Management.Automation.Language.Parser]::ParseInput($text, $name, [ref] $null, [ref] $problems)
if ($problems) { throw [System.Management.Automation.ParseException]::new($problems) }
$succeeded = $told.GetProperty('succeeded').GetString()
$ExecutionContext.SessionState.PSVariable.Set("global:$succeeded", $true)
if (-not $name) {
    # $? of the last statement is the exit code after -Command: one more statement, which no error shows as the user's.
    if ($env:WINFRA_LAB_STATEMENTS) {
        . "$PSScriptRoot/statements.ps1"
        $ast = [System.Management.Automation.Language.Parser]::ParseInput($text, $name, [ref] $null, [ref] $null)
    }
    if ($ast.UsingStatements) {
        # They cannot be copied.
        $ast = [System.Management.Automation.Language.Parser]::ParseInput("$text`n`$global:$succeeded = `$?", $name, [ref] $null, [ref] $null)
    }
    elseif ($ast.EndBlock -and $ast.EndBlock.Unnamed) {
        $last = [System.Management.Automation.Language.Parser]::ParseInput("`$global:$succeeded = `$?", [ref] $null, [ref] $null)
        $statements = [System.Management.Automation.Language.StatementAst[]] @(foreach ($one in @($ast.EndBlock.Statements) + @($last.EndBlock.Statements)) { $one.Copy() })
        $traps = [System.Management.Automation.Language.TrapStatementAst[]] @(foreach ($one in $ast.EndBlock.Traps) { $one.Copy() })
        $parameters = if ($ast.ParamBlock) { $ast.ParamBlock.Copy() }
        $block = [System.Management.Automation.Language.StatementBlockAst]::new($ast.EndBlock.Extent, $statements, $traps)
        $ast = [System.Management.Automation.Language.ScriptBlockAst]::new($ast.Extent, $parameters, $block, $false)
    }
}
$script = $ast.GetScriptBlock()

if ($text -match '\bexit\b') {
    $null = $ExecutionContext.Events.SubscribeEvent($null, $null, 'PowerShell.Exiting', $null, {
        $console = $Host.GetType().GetProperty('ExternalHost', [Reflection.BindingFlags] 'NonPublic, Instance').GetValue($Host)
        $code = $console.ExitCode
        if ($null -ne $code -and ($code -lt 0 -or $code -gt 255)) {
            [IO.File]::WriteAllText("$env:WINFRA_LAB/run/exit-$PID", [BitConverter]::ToUInt32([BitConverter]::GetBytes([int] $code), 0))
        }
    }, $false, $false)
}

if ($told.GetProperty('language').GetString() -eq 'ConstrainedLanguage') {
    # What the engine's own modules do is allowed, as on Windows, where they are signed.
    Import-Module Microsoft.PowerShell.Utility, Microsoft.PowerShell.Management
    [scriptblock].GetProperty('LanguageMode', $hidden).SetValue($script, [System.Management.Automation.PSLanguageMode] 'ConstrainedLanguage')
    $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
}
$script
