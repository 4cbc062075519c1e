# One request to Prefect's REST API. What the server answers, a refusal included, goes back as it is; status 0: it does not.
# It answers 503 when its database was busy and nothing was done, as a client of its own tries again after. Where it
# refuses the login, it gets that of LoginFile, a service's settings on this host.
param(
    [Parameter(Mandatory)] [string] $Uri, [string] $Method = 'GET', [object] $Body, [securestring] $Authorization,
    [string] $LoginFile, [double] $TimeoutSeconds = 30, [int] $Attempts = 1
)

function New-Request {
    $request = [Net.WebRequest]::Create($Uri)
    $request.Method = $Method
    $request.Timeout = $request.ReadWriteTimeout = [int] ($TimeoutSeconds * 1000)
    # The server is this host's or a neighbour; a redirection would take the header along to anybody.
    $request.Proxy = $null
    $request.AllowAutoRedirect = $false
    # The server closes an idle connection after 5 s, which one that is used again may run into.
    $request.KeepAlive = $false
    $request.ServicePoint.Expect100Continue = $false
    $request.Accept = 'application/json'
    if ($login) { $request.Headers['Authorization'] = $login }
    $request
}

function Write-Body([Net.WebRequest] $Request) {
    $bytes = $utf8.GetBytes($(if ($Body -is [securestring]) { ConvertFrom-Secret $Body } else { $Body }))
    $Request.ContentType = 'application/json'
    $Request.ContentLength = $bytes.Length
    $stream = $Request.GetRequestStream()
    try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Dispose() }
}

function Read-Answer([Net.WebResponse] $Answer) {
    try {
        $reader = [IO.StreamReader]::new($Answer.GetResponseStream(), $utf8)
        @{ Status = [int] $Answer.StatusCode; Kind = [string] $Answer.ContentType; Body = $reader.ReadToEnd() }
    }
    finally { $Answer.Dispose() }
}

function Get-Answer {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        $request = New-Request
        if ($null -ne $Body) { Write-Body $request }
        Read-Answer $request.GetResponse()
    }
    catch [Management.Automation.MethodInvocationException] {
        $failure = $_.Exception.InnerException
        if ($failure -is [Net.WebException] -and $null -ne $failure.Response) { return Read-Answer $failure.Response }
        $reason = $_.Exception.GetBaseException().Message.TrimEnd('.')
        if ($watch.Elapsed.TotalSeconds -ge $TimeoutSeconds) { $reason = "no answer after $TimeoutSeconds s" }
        @{ Status = 0; Reason = $reason }
    }
}

function Get-OtherLogin {
    if (-not [IO.File]::Exists(($full = Resolve-FullPath $LoginFile))) { return }
    # No JSON cmdlet: what it is given is recorded where module logging is on.
    foreach ($line in [IO.File]::ReadAllLines($full, $utf8)) {
        if ($line -cnotmatch '^\s*"PREFECT_API_AUTH_STRING"\s*:\s*"(.*)",?\s*$') { continue }
        'Basic ' + [Convert]::ToBase64String($utf8.GetBytes(($Matches[1] -replace '\\(.)', '$1')))
    }
}

$utf8 = New-Object Text.UTF8Encoding $false
$login = if ($Authorization) { ConvertFrom-Secret $Authorization }
for ($attempt = 1; ($answer = Get-Answer).Status -eq 503 -and $attempt -lt $Attempts; $attempt++) {
    Start-Sleep -Milliseconds (100 * [Math]::Pow(2, $attempt))
}
if ($answer.Status -eq 401 -and $LoginFile -and ($login = Get-OtherLogin)) { Get-Answer } else { $answer }
