# Removes a file, or a folder with all that is in it, read-only or not. What a link points to stays.
param([Parameter(Mandatory)] [string] $Path)

function Remove-Entry([IO.FileSystemInfo] $Entry) {
    $link = $Entry.Attributes -band [IO.FileAttributes]::ReparsePoint
    if (-not $link) { $Entry.Attributes = $Entry.Attributes -band -bnot [IO.FileAttributes]::ReadOnly }
    if ($Entry -is [IO.DirectoryInfo] -and -not $link) {
        foreach ($child in $Entry.GetFileSystemInfos()) { Remove-Entry $child }
    }
    $Entry.Delete()
}

# What is deep in a folder can be longer than 260 characters where the folder itself is not.
$full = (Resolve-FullPath $Path) -replace '^(?=[A-Za-z]:\\)', '\\?\'
$folder = [IO.Directory]::Exists($full)
Remove-Entry $(if ($folder) { New-Object IO.DirectoryInfo $full } else { New-Object IO.FileInfo $full })
