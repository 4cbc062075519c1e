# Runs the pip of an interpreter, whatever this host and this user have set for pip and for Python.
param([Parameter(Mandatory)] [string] $Python, [Parameter(Mandatory)] [string[]] $Argument, [double] $TimeoutSeconds)

$options = @{
    FilePath = $Python
    ArgumentList = @('-I', '-X', 'utf8', '-m', 'pip', '--isolated', '--disable-pip-version-check', '--no-input', '--no-color') + $Argument
    # os.devnull: no file with settings is read.
    Environment = @{ PIP_CONFIG_FILE = 'nul' }
    TimeoutSeconds = $TimeoutSeconds
}
$ended = Invoke-Native @options
@{ ExitCode = $ended.ExitCode; Output = $ended.Output; ErrorOutput = $ended.ErrorOutput; TimedOut = $ended.TimedOut }
