# What conda has installed in a folder, by the files in which it notes it; null where there is no such folder.
param([Parameter(Mandatory)] [string] $Path)

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.Directory]::Exists($full)) { return $null }
$meta = [IO.DirectoryInfo]::new([IO.Path]::Combine($full, 'conda-meta'))
$files = if ($meta.Exists) { $meta.GetFiles('*.json') }
@{
    Packages = @($files | ForEach-Object { $_.BaseName })
    Conda = [IO.File]::Exists([IO.Path]::Combine($full, 'Scripts', 'conda.exe'))
    Entries = @([IO.Directory]::GetFileSystemEntries($full) | Select-Object -First 5 | ForEach-Object { [IO.Path]::GetFileName($_) })
}
