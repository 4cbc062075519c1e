# The session's process: reads requests from standard input, runs each, writes its replies to standard output.
# A request: a header of 132 bytes (marker, number, three lengths, SHA-256), JSON, secrets, content.
# A reply: a header of 106 bytes (marker, kind, number, length, SHA-256) and that many bytes; of the kinds
# O (output), E (error output), C (content of a file) there may be many, then comes one R (result, JSON).
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$session = @{
    Marker = Read-Piece
    Requests = $requests
    Replies = [Console]::OpenStandardOutput()
    Hash = [Security.Cryptography.SHA256]::Create()
    Scripts = @{}
    Number = 0
    Written = 0
    ContentLeft = [long] 0
}
# With a byte order mark, Process.StandardInput begins with one, and native programs read it.
$utf8 = New-Object Text.UTF8Encoding $false
try { [Console]::InputEncoding = $utf8; [Console]::OutputEncoding = $utf8 } catch [IO.IOException] { $Error.Clear() }
$OutputEncoding = $utf8
# Type data of 5.1 makes nested arrays {value, Count} in JSON (PowerShell issue 3424).
Remove-TypeData -TypeName System.Array -ErrorAction Ignore

function Get-Hash([byte[]] $Bytes) {
    [BitConverter]::ToString($session.Hash.ComputeHash($Bytes)).Replace('-', '').ToLowerInvariant()
}

function Write-Reply([char] $Kind, [byte[]] $Bytes) {
    $fields = $session.Marker, $Kind, $session.Number, $Bytes.Length, (Get-Hash $Bytes)
    $header = [Text.Encoding]::ASCII.GetBytes(("{0} {1} {2:d10} {3:d10} {4}`n" -f $fields))
    # In one write: what comes in two may need two messages to be fetched.
    $reply = [Array]::CreateInstance([byte], $header.Length + $Bytes.Length)
    $header.CopyTo($reply, 0)
    $Bytes.CopyTo($reply, $header.Length)
    $session.Replies.Write($reply, 0, $reply.Length)
    $session.Replies.Flush()
    $session.Written++
}

function Write-Text([char] $Kind, [string] $Text) {
    if ($Text) { Write-Reply $Kind $utf8.GetBytes("$Text`n") }
}

function Read-Request([int] $Count) {
    # So many bytes of standard input; the process ends with the input.
    $bytes = [Array]::CreateInstance([byte], $Count)
    $filled = 0
    while ($filled -lt $Count) {
        $read = $session.Requests.Read($bytes, $filled, $Count - $filled)
        if ($read -eq 0) { [Environment]::Exit(0) }
        $filled += $read
    }
    , $bytes
}

function Read-Content([byte[]] $Buffer) {
    # The next part of the content that came with the request; 0 at its end.
    $wanted = [int] [Math]::Min([long] $Buffer.Length, $session.ContentLeft)
    if ($wanted -eq 0) { return 0 }
    $read = $session.Requests.Read($Buffer, 0, $wanted)
    if ($read -eq 0) { [Environment]::Exit(0) }
    $session.ContentLeft -= $read
    $read
}

function Write-Content([byte[]] $Buffer, [int] $Count) {
    if ($Count -lt $Buffer.Length) { [Array]::Resize([ref] $Buffer, $Count) }
    Write-Reply 'C' $Buffer
}

function Resolve-FullPath([string] $Path) {
    # The path that .NET methods understand; a long one needs the prefix that lifts the limit of 260 characters.
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    if ($full.Length -lt 240 -or $full.StartsWith('\\?\')) { return $full }
    if ($full.StartsWith('\\')) { return '\\?\UNC\' + $full.Substring(2) }
    if ($full -match '^[A-Za-z]:\\') { return '\\?\' + $full }
    $full
}

function Stop-Script([string] $Message, [Collections.IDictionary] $Values = @{}) {
    # Ends the script with an entry of the control machine's catalogue of messages.
    $exception = New-Object InvalidOperationException "$Message $($Values.Values -join ' ')"
    throw (New-Object Management.Automation.ErrorRecord $exception, 'Stop-Script', 'InvalidOperation', @{ Message = $Message; Values = $Values })
}

function ConvertTo-CommandLine([string[]] $ArgumentList) {
    # One string that CommandLineToArgvW takes apart again ("Parsing C command-line arguments").
    $quoted = foreach ($argument in $ArgumentList) {
        if ($argument -and $argument -notmatch '[\s"]') { $argument; continue }
        '"' + ($argument -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"'
    }
    $quoted -join ' '
}

function Start-Native([string] $FilePath, [string] $Arguments, [string] $WorkingDirectory, [Collections.IDictionary] $Environment) {
    $start = New-Object Diagnostics.ProcessStartInfo
    $start.FileName = if ($FilePath.Contains('\')) { Resolve-FullPath $FilePath } else { $FilePath }
    $start.Arguments = $Arguments
    $start.WorkingDirectory = Resolve-FullPath $(if ($WorkingDirectory) { $WorkingDirectory } else { $PWD.Path })
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    foreach ($name in $Environment.Keys) { $start.EnvironmentVariables[$name] = $Environment[$name] }
    try { [Diagnostics.Process]::Start($start) }
    catch [Management.Automation.MethodInvocationException] {
        Stop-Script 'program_not_started' @{ Path = $FilePath; Reason = $_.Exception.InnerException.Message }
    }
}

function Invoke-Native {
    # The only way to start a native program: it gets a standard input of its own (a child that inherits the session's
    # eats the next request), both outputs are read as they come, and the end of the process counts, not that of
    # its pipes, which a grandchild may hold.
    param(
        [string] $FilePath, [string[]] $ArgumentList = @(), [byte[]] $InputBytes = @(), [double] $TimeoutSeconds = 0,
        [string] $WorkingDirectory, [Collections.IDictionary] $Environment = @{}, [switch] $Stream
    )
    $process = Start-Native $FilePath (ConvertTo-CommandLine $ArgumentList) $WorkingDirectory $Environment
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $given = $process.StandardInput.BaseStream.WriteAsync($InputBytes, 0, $InputBytes.Length)
    $pipes = foreach ($side in @{ Kind = 'O'; Reader = $process.StandardOutput }, @{ Kind = 'E'; Reader = $process.StandardError }) {
        $pipe = @{ Kind = $side.Kind; Stream = $side.Reader.BaseStream; Buffer = [Array]::CreateInstance([byte], 65536); Kept = (New-Object IO.MemoryStream); Open = $true }
        $pipe.Read = $pipe.Stream.ReadAsync($pipe.Buffer, 0, 65536)
        $pipe
    }
    $closed = $timedOut = $false
    $quiet = $null
    while ($true) {
        if (-not $closed -and $given.IsCompleted) {
            # A program that ended without reading its input has closed the pipe: no error of ours.
            try { $process.StandardInput.Close() } catch [IO.IOException] { $Error.Clear() }
            $closed = $true
        }
        $waiting = @($pipes | Where-Object { $_.Open })
        if ($process.HasExited) {
            if (-not $waiting) { break }
            if ($null -eq $quiet) { $quiet = [Diagnostics.Stopwatch]::StartNew() }
            if ($quiet.ElapsedMilliseconds -gt 500) { break }
        }
        if ($TimeoutSeconds -gt 0 -and $watch.Elapsed.TotalSeconds -gt $TimeoutSeconds) { $timedOut = $true; break }
        if (-not $waiting) { $null = $process.WaitForExit(50); continue }
        $ready = [Threading.Tasks.Task]::WaitAny([Threading.Tasks.Task[]] @($waiting | ForEach-Object { $_.Read }), 20)
        if ($ready -lt 0) { continue }
        $pipe = $waiting[$ready]
        $count = if ($pipe.Read.IsFaulted) { 0 } else { $pipe.Read.Result }
        if ($count -eq 0) { $pipe.Open = $false; continue }
        if ($null -ne $quiet) { $quiet.Restart() }
        if ($Stream) {
            $part = [Array]::CreateInstance([byte], $count)
            [Array]::Copy($pipe.Buffer, $part, $count)
            Write-Reply $pipe.Kind $part
        }
        else { $pipe.Kept.Write($pipe.Buffer, 0, $count) }
        $pipe.Read = $pipe.Stream.ReadAsync($pipe.Buffer, 0, 65536)
    }
    if ($timedOut) { Stop-Tree $process }
    [pscustomobject] @{
        ExitCode = if ($timedOut) { $null } else { $process.ExitCode }
        Output = $utf8.GetString($pipes[0].Kept.ToArray())
        ErrorOutput = $utf8.GetString($pipes[1].Kept.ToArray())
        TimedOut = $timedOut
    }
}

function Stop-Tree([Diagnostics.Process] $Process) {
    # Process.Kill of .NET Framework ends the process alone.
    $killer = Start-Native 'taskkill.exe' "/T /F /PID $($Process.Id)" '' @{}
    $killer.StandardInput.Close()
    $null = $killer.WaitForExit(10000)
}

function ConvertTo-Parameter($Request, [byte[]] $Secrets) {
    # Values for splatting. A secret never was JSON: module logging records the input of ConvertFrom-Json (event 4103).
    $parameters = @{}
    foreach ($property in $Request.parameters.PSObject.Properties) {
        $value = $property.Value
        if ($value -is [Management.Automation.PSCustomObject]) {
            $table = @{}
            foreach ($inner in $value.PSObject.Properties) { $table[$inner.Name] = $inner.Value }
            $value = $table
        }
        $parameters[$property.Name] = $value
    }
    foreach ($secret in $Request.secrets) {
        $target = $parameters
        foreach ($name in @($secret.path | Select-Object -SkipLast 1)) { $target = $target[$name] }
        $credential = New-Object Net.NetworkCredential '', $utf8.GetString($Secrets, $secret.offset, $secret.length)
        $target[$secret.path[-1]] = $credential.SecurePassword
    }
    $parameters
}

function ConvertFrom-Secret([securestring] $Secret) {
    (New-Object Net.NetworkCredential '', $Secret).Password
}

function ConvertTo-Sid([string] $Account) {
    # The SID of an account by its name; null for one that nothing here knows.
    if ($Account -like 'S-1-*') { return $Account }
    # A dot stands for this computer at the prompt, not for the system's own look-up.
    $full = $Account -replace '^\.\\', "$env:COMPUTERNAME\"
    try { [Security.Principal.NTAccount]::new($full).Translate([Security.Principal.SecurityIdentifier]).Value }
    catch [Security.Principal.IdentityNotMappedException] { $null }
}

function ConvertFrom-Sid([string] $Sid) {
    # The name of an account in the host's language; null for one that is gone.
    try { [Security.Principal.SecurityIdentifier]::new($Sid).Translate([Security.Principal.NTAccount]).Value }
    catch [Security.Principal.IdentityNotMappedException] { $null }
}

function Get-ServiceInstance([string] $Name, [string[]] $Property) {
    # A service as WMI knows it, whatever its name holds; null where there is none. All properties where none is named.
    $wanted = if ($Property) { @{ Property = $Property } } else { @{} }
    Get-CimInstance -ClassName Win32_Service -Filter "Name='$($Name -replace "(['\\])", '\$1')'" @wanted
}

function Get-Script($Request) {
    # A script's text comes once; it keeps its file's name for the positions in errors.
    if ($Request.text) {
        $problems = $null
        $block = [Management.Automation.Language.Parser]::ParseInput($Request.text, $Request.name, [ref] $null, [ref] $problems)
        if ($problems) { throw (New-Object Management.Automation.ParseException (, $problems)) }
        $session.Scripts[$Request.digest] = $block.GetScriptBlock()
    }
    $session.Scripts[$Request.digest]
}

function ConvertTo-Failure([Management.Automation.ErrorRecord] $Record) {
    if ($Record.TargetObject -is [hashtable] -and $Record.FullyQualifiedErrorId -eq 'Stop-Script') {
        return @{ message = $Record.TargetObject.Message; values = $Record.TargetObject.Values }
    }
    $inner = $Record.Exception
    while ($inner.InnerException) { $inner = $inner.InnerException }
    if ($inner -is [Management.Automation.ParseException]) {
        $first = $inner.Errors[0]
        $place = $first.Extent.StartScriptPosition
        return @{ text = $first.Message; id = $first.ErrorId; script = [string] $first.Extent.File; line = $place.LineNumber; statement = $place.Line.Trim() }
    }
    @{
        text = $inner.Message
        id = $Record.FullyQualifiedErrorId
        script = [string] $Record.InvocationInfo.ScriptName
        line = $Record.InvocationInfo.ScriptLineNumber
        statement = ([string] $Record.InvocationInfo.Line).Trim()
    }
}

function Enter-Environment([hashtable] $Parameters) {
    if (-not $Parameters.ContainsKey('_environment')) { return }
    $wanted = $Parameters['_environment']
    $Parameters.Remove('_environment')
    foreach ($name in $wanted.Keys) {
        $value = if ($wanted[$name] -is [securestring]) { ConvertFrom-Secret $wanted[$name] } else { $wanted[$name] }
        [Environment]::SetEnvironmentVariable($name, $value)
    }
}

function Enter-Directory([string] $Path) {
    if (-not (Test-Path -LiteralPath $Path -PathType Container)) { Stop-Script 'no_directory' @{ path = $Path } }
    Set-Location -LiteralPath $Path
}

function Invoke-Request($Request, [byte[]] $Secrets) {
    $result = @{ value = $null; failure = $null }
    try {
        $parameters = ConvertTo-Parameter $Request $Secrets
        $script = Get-Script $Request
        Enter-Environment $parameters
        if ($Request.directory) { Enter-Directory $Request.directory }
        & $script @parameters *>&1 | ForEach-Object {
            if ($_ -is [Management.Automation.ErrorRecord]) { Write-Text 'E' "$_" }
            elseif ($_ -is [Management.Automation.WarningRecord]) { Write-Text 'E' "$_" }
            elseif ($_ -is [Management.Automation.InformationRecord]) { Write-Text 'O' "$_" }
            elseif ($_ -is [Management.Automation.VerboseRecord] -or $_ -is [Management.Automation.DebugRecord]) { $null = $_ }
            else { $result.value = $_ }
        }
    }
    catch { $result.failure = ConvertTo-Failure $_ }
    $result
}

function Restore-State($Location, [hashtable] $Environment) {
    # A child scope isolates little: what a script left behind must not reach the next.
    if ($PWD.Path -ne $Location.Path) { Set-Location -LiteralPath $Location.Path }
    $now = [Environment]::GetEnvironmentVariables()
    foreach ($name in @($now.Keys)) {
        if (-not $Environment.ContainsKey($name)) { [Environment]::SetEnvironmentVariable($name, [NullString]::Value) }
    }
    foreach ($name in $Environment.Keys) {
        if ($now[$name] -cne $Environment[$name]) { [Environment]::SetEnvironmentVariable($name, $Environment[$name]) }
    }
    $global:Error.Clear()
}

$location = Get-Location
$environment = [hashtable] [Environment]::GetEnvironmentVariables()
$spare = [Array]::CreateInstance([byte], 1048576)
# Number 0: it runs.
Write-Reply 'O' ([Array]::CreateInstance([byte], 0))
while ($true) {
    $fields = [Text.Encoding]::ASCII.GetString((Read-Request 132)).TrimEnd().Split(' ')
    $session.Number = [int] $fields[1]
    if ($fields[0] -cne $session.Marker) { [Environment]::Exit(66) }
    $body = Read-Request ([int] $fields[2] + [int] $fields[3])
    $session.ContentLeft = [long] $fields[4]
    if ((Get-Hash $body) -cne $fields[5]) { [Environment]::Exit(67) }
    $request = ConvertFrom-Json -InputObject $utf8.GetString($body, 0, [int] $fields[2])
    $secrets = [Array]::CreateInstance([byte], [int] $fields[3])
    [Array]::Copy($body, [int] $fields[2], $secrets, 0, $secrets.Length)
    $session.Written = 0
    # Without a script: the control machine asks whether all before has been answered.
    $result = if ($request.digest) { Invoke-Request $request $secrets } else { @{ value = $null; failure = $null } }
    # What a script that failed did not read still stands before the next request.
    while ((Read-Content $spare) -gt 0) { $null = $spare }
    Restore-State $location $environment
    $result.written = $session.Written
    Write-Reply 'R' $utf8.GetBytes((ConvertTo-Json -InputObject $result -Depth 9 -Compress))
}
