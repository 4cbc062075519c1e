# What stands at each of the paths; Entry is $null where there is nothing.
param([Parameter(Mandatory)] [string[]] $Path)

function Get-Entry([string] $Name) {
    try {
        $full = Resolve-FullPath $Name
        $attributes = [IO.File]::GetAttributes($full)
    }
    catch [Management.Automation.DriveNotFoundException], [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        return $null
    }
    $folder = [bool] ($attributes -band [IO.FileAttributes]::Directory)
    $item = if ($folder) { New-Object IO.DirectoryInfo $full } else { New-Object IO.FileInfo $full }
    @{
        Folder = $folder
        Size = if ($folder) { 0 } else { $item.Length }
        Modified = $item.LastWriteTimeUtc.ToString('o', [Globalization.CultureInfo]::InvariantCulture)
        Created = $item.CreationTimeUtc.ToString('o', [Globalization.CultureInfo]::InvariantCulture)
        ReadOnly = [bool] ($attributes -band [IO.FileAttributes]::ReadOnly)
        Hidden = [bool] ($attributes -band [IO.FileAttributes]::Hidden)
        Link = [bool] ($attributes -band [IO.FileAttributes]::ReparsePoint)
    }
}

@{ Items = @(foreach ($name in $Path) { @{ Path = $name; Entry = Get-Entry $name } }) }
