# The last bytes of a log that may be written meanwhile, as text; empty where there is none.
param([Parameter(Mandatory)] [string] $Path, [long] $Bytes = 8192)

$full = Resolve-FullPath $Path
if (-not [IO.File]::Exists($full)) { return @{ Text = '' } }
$stream = [IO.FileStream]::new($full, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare] 'ReadWrite, Delete')
try {
    $null = $stream.Seek([Math]::Max(0, $stream.Length - $Bytes), [IO.SeekOrigin]::Begin)
    @{ Text = [IO.StreamReader]::new($stream).ReadToEnd() }
}
finally { $stream.Dispose() }
