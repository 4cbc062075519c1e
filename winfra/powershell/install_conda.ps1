# Runs an installer of conda (Miniforge, Miniconda, Anaconda: all of constructor's). It says nothing but its exit code, and 0
# after failures as well. /D has to be the last, and is read to the end of the line, quotes included.
param(
    [Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Folder, [double] $TimeoutSeconds = 1800
)

$given = '/S', '/InstallationType=AllUsers', '/RegisterPython=0', '/AddToPath=0', '/KeepPkgCache=1', "/D=$Folder"
$ended = Invoke-Native -FilePath $Path -ArgumentList $given -TimeoutSeconds $TimeoutSeconds
@{ ExitCode = $ended.ExitCode; TimedOut = $ended.TimedOut }
