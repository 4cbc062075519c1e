# One request to Prefect's REST API. What the server answers, a refusal included, goes back as it is; status 0: it does not.
# It answers 503 when its database was busy and nothing was done, as a client of its own tries again after.
param(
    [Parameter(Mandatory)] [string] $Uri, [string] $Method = 'GET', [object] $Body, [securestring] $Authorization,
    [double] $TimeoutSeconds = 30, [int] $Attempts = 1
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
    if ($Authorization) { $request.Headers['Authorization'] = ConvertFrom-Secret $Authorization }
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

$utf8 = New-Object Text.UTF8Encoding $false
for ($attempt = 1; ($answer = Get-Answer).Status -eq 503 -and $attempt -lt $Attempts; $attempt++) {
    Start-Sleep -Milliseconds (100 * [Math]::Pow(2, $attempt))
}
$answer
