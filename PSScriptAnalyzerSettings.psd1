# Read by editors from here, and by Invoke-ScriptAnalyzer in .github/workflows/windows.yml.
@{
    Severity = @('Error', 'Warning', 'Information')
    ExcludeRules = @(
        # Facts answer with what they are asked, of any type.
        'PSUseOutputTypeCorrectly'
        # --dry is pyinfra's: a script that changes something is not run at all.
        'PSUseShouldProcessForStateChangingFunctions'
        # The rule goes by names; what is secret arrives as SecureString (winfra/script.py).
        'PSAvoidUsingPlainTextForPassword'
        # Files are ASCII, which needs no byte order mark.
        'PSUseBOMForUnicodeEncodedFile'
        # It does not see parameters that an inner function uses.
        'PSReviewUnusedParameter'
    )
    Rules = @{
        PSAvoidLongLines = @{ Enable = $true; MaximumLineLength = 140 }
        PSAvoidSemicolonsAsLineTerminators = @{ Enable = $true }
        PSPlaceOpenBrace = @{ Enable = $true; OnSameLine = $true; NewLineAfter = $false; IgnoreOneLineBlock = $true }
        PSPlaceCloseBrace = @{ Enable = $true; NewLineAfter = $true; IgnoreOneLineBlock = $true; NoEmptyLineBefore = $true }
        PSUseConsistentIndentation = @{ Enable = $true; Kind = 'space'; IndentationSize = 4; PipelineIndentation = 'IncreaseIndentationForFirstPipeline' }
        PSUseConsistentWhitespace = @{
            Enable = $true
            CheckInnerBrace = $true
            CheckOpenBrace = $true
            CheckOpenParen = $true
            CheckOperator = $true
            CheckPipe = $true
            CheckSeparator = $true
        }
        PSUseCompatibleSyntax = @{ Enable = $true; TargetVersions = @('5.1') }
        PSUseCompatibleCommands = @{
            Enable = $true
            TargetProfiles = @('win-8_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework')
            # Functions of the session's process (winfra/powershell/bootstrap.ps1).
            IgnoreCommands = @('Invoke-Native', 'Stop-Script', 'Resolve-FullPath')
        }
        PSUseCompatibleTypes = @{
            Enable = $true
            TargetProfiles = @('win-8_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework')
        }
    }
}
