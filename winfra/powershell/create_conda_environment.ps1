# Makes an environment by conda. One that is there stands aside until its successor does, and comes back where none does.
# Left: a folder that is of no more use, for the caller to remove.
param(
    [Parameter(Mandatory)] [string] $Conda, [Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string[]] $Argument,
    [double] $TimeoutSeconds = 1800
)

$full = Resolve-FullPath $Path
$old = "$full.replaced"
$broken = "$full.broken"

function Move-Folder([string] $From, [string] $To) {
    try { [IO.Directory]::Move($From, $To) }
    catch [Management.Automation.MethodInvocationException] {
        Stop-Script 'conda_in_use' @{ Path = $Path; Reason = $_.Exception.InnerException.Message.TrimEnd('.') }
    }
}

if ([IO.Directory]::Exists($full)) {
    # Where an older one stands aside already, this one is what a run that broke off has left.
    Move-Folder $full $(if ([IO.Directory]::Exists($old)) { $broken } else { $old })
}
$options = @{
    FilePath = $Conda
    ArgumentList = @('create', '--prefix', $Path) + $Argument
    # Set for the machine, they would lead conda's own Python to another one's modules; empty ones do not count.
    Environment = @{ PYTHONHOME = ''; PYTHONPATH = '' }
    TimeoutSeconds = $TimeoutSeconds
}
$ended = Invoke-Native @options
$left = @()
if ($ended.ExitCode -ne 0) {
    if ([IO.Directory]::Exists($full)) { Move-Folder $full "$broken.new" }
    if ([IO.Directory]::Exists($old)) { Move-Folder $old $full }
}
foreach ($folder in $old, $broken, "$broken.new") { if ([IO.Directory]::Exists($folder)) { $left += "$Path$($folder.Substring($full.Length))" } }
$lines = @("$($ended.ErrorOutput)" -split '\r?\n' | Where-Object { $_.Trim() } | ForEach-Object { $_.Trim().TrimEnd('.') })
@{ ExitCode = $ended.ExitCode; TimedOut = $ended.TimedOut; Lines = @($lines | Select-Object -Last 8); Left = $left }
