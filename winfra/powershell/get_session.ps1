# Who answers: the version of PowerShell and the process.
param()

@{ PowerShell = [string] $PSVersionTable.PSVersion; ProcessId = $PID; Computer = $env:COMPUTERNAME; User = $env:USERNAME }
