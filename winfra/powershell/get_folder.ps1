# All that is in a folder, by paths relative to it; null where there is no folder. What a link points to is not looked into.
param([Parameter(Mandatory)] [string] $Path)

try { $root = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.Directory]::Exists($root)) { return $null }
$items = [Collections.Generic.List[object]]::new()
function Add-Entry([IO.DirectoryInfo] $Folder, [string] $Before) {
    foreach ($entry in $Folder.GetFileSystemInfos()) {
        $name = $Before + $entry.Name
        $isFolder = $entry -is [IO.DirectoryInfo]
        $items.Add(@{ Path = $name; Folder = $isFolder; Size = if ($isFolder) { 0 } else { $entry.Length } })
        $link = $entry.Attributes -band [IO.FileAttributes]::ReparsePoint
        if ($isFolder -and -not $link) { Add-Entry $entry "$name\" }
    }
}

# What is deep in a folder can be longer than 260 characters where the folder itself is not.
Add-Entry ([IO.DirectoryInfo]::new(($root -replace '^(?=[A-Za-z]:\\)', '\\?\'))) ''
@{ Items = $items.ToArray() }
