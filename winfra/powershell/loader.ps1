if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { 'language-mode=' + $ExecutionContext.SessionState.LanguageMode; exit 64 };
$requests = [Console]::OpenStandardInput();
function Read-Piece {
    $size = 8;
    foreach ($round in 1, 2) {
        $piece = [Array]::CreateInstance([byte], $size);
        $filled = 0;
        while ($filled -lt $size) { $count = $requests.Read($piece, $filled, $size - $filled); if ($count -eq 0) { exit 65 }; $filled += $count };
        $text = [Text.Encoding]::UTF8.GetString($piece);
        if ($round -eq 1) { $size = [int] $text }
    };
    $text
};
$problems = $null;
$program = [Management.Automation.Language.Parser]::ParseInput((Read-Piece), (Read-Piece), [ref] $null, [ref] $problems).GetScriptBlock();
. $program
