# Runs Microsoft's vc_redist.x64.exe. What it says with its exit code is for the caller to judge.
param([Parameter(Mandatory)] [string] $Path, [double] $TimeoutSeconds = 900)

# It starts copies of itself, and waits for them.
$ended = Invoke-Native -FilePath $Path -ArgumentList '/install', '/quiet', '/norestart' -TimeoutSeconds $TimeoutSeconds
@{ ExitCode = $ended.ExitCode }
