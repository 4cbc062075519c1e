# [IO.File] and [IO.FileStream] of the lab: what Windows refuses and Linux allows. A file that another has open without
# sharing (an exclusive lock, which FileShare.None is on Linux) cannot be opened, deleted, moved or replaced; a read-only
# one cannot be written, deleted or replaced; Replace wants a destination, on the same drive.
# All else goes on to System.IO.File; the members are those of .NET Framework 4.8 for which PowerShell has use.
class WinfraLabFile {
    static hidden [int] $SharingViolation = 0x80070020
    static hidden [int] $FileExists = 0x80070050
    static hidden [int] $AlreadyExists = 0x800700B7
    static hidden [int] $NotSameDevice = 0x80070011

    # An error as a .NET method throws it: it stands where the user's script called.
    static hidden [void] Fail([string] $Method, [int] $Count, [Exception] $Cause) {
        while ($Cause -is [System.Management.Automation.MethodInvocationException] -and $Cause.InnerException) { $Cause = $Cause.InnerException }
        # Linux' own code for the lock of another; the text is the same.
        if ($Cause.GetType() -eq [IO.IOException] -and $Cause.HResult -eq 11) { $Cause = [IO.IOException]::new($Cause.Message, [WinfraLabFile]::SharingViolation) }
        $message = 'Exception calling "{0}" with "{1}" argument(s): "{2}"' -f $Method, $Count, $Cause.Message
        $exception = [System.Management.Automation.MethodInvocationException]::new($message, $Cause)
        $hidden = [Reflection.BindingFlags] 'NonPublic, Instance'
        [System.Management.Automation.RuntimeException].GetMethod('SetErrorId', $hidden).Invoke($exception, @($Cause.GetType().Name))
        foreach ($frame in [runspace]::DefaultRunspace.Debugger.GetCallStack()) {
            if (-not ([string] $frame.ScriptName).StartsWith($PSScriptRoot)) {
                $info = [System.Management.Automation.InvocationInfo]::Create($null, $frame.Position)
                [System.Management.Automation.ErrorRecord].GetMethod('SetInvocationInfo', $hidden).Invoke($exception.ErrorRecord, @($info))
                break
            }
        }
        # Not `throw`, which would end the script: an error of a method ends its statement only.
        [Runtime.ExceptionServices.ExceptionDispatchInfo]::Capture($exception).Throw()
    }

    static hidden [Exception] InUse([string] $Path) {
        return [IO.IOException]::new("The process cannot access the file '$Path' because it is being used by another process.", [WinfraLabFile]::SharingViolation)
    }

    static hidden [Exception] Denied([string] $Path) {
        return [UnauthorizedAccessException]::new("Access to the path '$Path' is denied.")
    }

    static hidden [bool] IsReadOnly([string] $Path) {
        return [System.IO.File]::Exists($Path) -and ([System.IO.File]::GetAttributes($Path) -band [IO.FileAttributes]::ReadOnly)
    }

    # A trial: opening for others to read takes a shared lock, which FileShare.None of another does not allow. Which of
    # the other kinds of sharing a file was opened with does not show: they all count as sharing everything.
    static hidden [void] NeedUnused([string] $Path) {
        if (-not [System.IO.File]::Exists($Path)) { return }
        $inUse = $false
        try { [System.IO.File]::Open($Path, 'Open', 'Read', 'Read').Dispose() }
        catch [IO.IOException] { $inUse = $true }
        catch [UnauthorizedAccessException] { $inUse = $false }
        if ($inUse) { throw [WinfraLabFile]::InUse($Path) }
    }

    static hidden [void] NeedWritable([string] $Path) {
        if ([WinfraLabFile]::IsReadOnly($Path)) { throw [WinfraLabFile]::Denied($Path) }
    }

    static hidden [string] Drive([string] $Path) {
        $below = $Path.Substring([Math]::Min("$env:WINFRA_LAB/drives/".Length, $Path.Length))
        return $below.Split('/')[0]
    }

    static [void] Delete([string] $Path) {
        try {
            [WinfraLabFile]::NeedWritable($Path)
            [WinfraLabFile]::NeedUnused($Path)
            [System.IO.File]::Delete($Path)
        }
        catch { [WinfraLabFile]::Fail('Delete', 1, $_.Exception) }
    }

    static [void] Move([string] $Source, [string] $Destination) {
        try {
            if ($Source -ne $Destination -and ([System.IO.File]::Exists($Destination) -or [IO.Directory]::Exists($Destination))) {
                throw [IO.IOException]::new('Cannot create a file when that file already exists.', [WinfraLabFile]::AlreadyExists)
            }
            [WinfraLabFile]::NeedUnused($Source)
            [System.IO.File]::Move($Source, $Destination)
        }
        catch { [WinfraLabFile]::Fail('Move', 2, $_.Exception) }
    }

    static [void] Replace([string] $Source, [string] $Destination, [string] $Backup) { [WinfraLabFile]::Replace($Source, $Destination, $Backup, $false) }
    static [void] Replace([string] $Source, [string] $Destination, [string] $Backup, [bool] $IgnoreMetadataErrors) {
        try {
            foreach ($file in $Source, $Destination) {
                if (-not [System.IO.File]::Exists($file)) { throw [IO.FileNotFoundException]::new("Could not find file '$file'.", $file) }
            }
            foreach ($other in $Destination, $Backup) {
                if ($other -and [WinfraLabFile]::Drive($Source) -ne [WinfraLabFile]::Drive($other)) {
                    throw [IO.IOException]::new('The system cannot move the file to a different disk drive.', [WinfraLabFile]::NotSameDevice)
                }
            }
            foreach ($file in $Destination, $Backup) { if ($file) { [WinfraLabFile]::NeedWritable($file) } }
            foreach ($file in $Source, $Destination, $Backup) { if ($file) { [WinfraLabFile]::NeedUnused($file) } }
            # ReplaceFile: what is replaced hands on its owner and access list.
            if ([IO.Directory]::Exists("$env:WINFRA_LAB/state/access")) { ([type] 'WinfraLabSecurity')::Call('Copy-AccessControl', @($Destination, $Source)) }
            [System.IO.File]::Replace($Source, $Destination, $(if ($Backup) { $Backup } else { [NullString]::Value }), $IgnoreMetadataErrors)
        }
        catch { [WinfraLabFile]::Fail('Replace', 3, $_.Exception) }
    }

    static [void] Copy([string] $Source, [string] $Destination) { [WinfraLabFile]::Copy($Source, $Destination, $false) }
    static [void] Copy([string] $Source, [string] $Destination, [bool] $Overwrite) {
        try {
            if ($Overwrite) {
                [WinfraLabFile]::NeedWritable($Destination)
                [WinfraLabFile]::NeedUnused($Destination)
            }
            [System.IO.File]::Copy($Source, $Destination, $Overwrite)
        }
        catch { [WinfraLabFile]::Fail('Copy', 3, $_.Exception) }
    }

    static [IO.FileStream] Open([string] $Path, [IO.FileMode] $Mode) { return [WinfraLabFile]::Open($Path, $Mode, $(if ($Mode -eq 'Append') { 'Write' } else { 'ReadWrite' }), 'None') }
    static [IO.FileStream] Open([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access) { return [WinfraLabFile]::Open($Path, $Mode, $Access, 'None') }
    static [IO.FileStream] Open([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access, [IO.FileShare] $Share) {
        try {
            return [WinfraLabFileStream]::new($Path, $Mode, $Access, $Share)
        }
        catch { [WinfraLabFile]::Fail('Open', 4, $_.Exception) }
        return $null
    }

    static [IO.FileStream] OpenRead([string] $Path) { return [WinfraLabFile]::Open($Path, 'Open', 'Read', 'Read') }
    static [IO.FileStream] OpenWrite([string] $Path) { return [WinfraLabFile]::Open($Path, 'OpenOrCreate', 'Write', 'None') }
    static [IO.FileStream] Create([string] $Path) { return [WinfraLabFile]::Open($Path, 'Create', 'ReadWrite', 'None') }
    static [IO.FileStream] Create([string] $Path, [int] $BufferSize) { return [WinfraLabFile]::Open($Path, 'Create', 'ReadWrite', 'None') }
    static [IO.StreamReader] OpenText([string] $Path) { return [IO.StreamReader]::new([WinfraLabFile]::OpenRead($Path)) }
    static [IO.StreamWriter] CreateText([string] $Path) { return [IO.StreamWriter]::new([WinfraLabFile]::Open($Path, 'Create', 'Write', 'Read')) }
    static [IO.StreamWriter] AppendText([string] $Path) { return [IO.StreamWriter]::new([WinfraLabFile]::Open($Path, 'Append', 'Write', 'Read')) }

    # Writing as a whole: refused where opening for writing is.
    static hidden [void] NeedRoom([string] $Path) {
        if ([System.IO.File]::Exists($Path)) { [WinfraLabFile]::Open($Path, 'Open', 'Write', 'Read').Dispose() }
    }
    static [void] WriteAllBytes([string] $Path, [byte[]] $Bytes) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::WriteAllBytes($Path, $Bytes) } catch { [WinfraLabFile]::Fail('WriteAllBytes', 2, $_.Exception) } }
    static [void] WriteAllText([string] $Path, [string] $Text) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::WriteAllText($Path, $Text) } catch { [WinfraLabFile]::Fail('WriteAllText', 2, $_.Exception) } }
    static [void] WriteAllText([string] $Path, [string] $Text, [System.Text.Encoding] $Encoding) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::WriteAllText($Path, $Text, $Encoding) } catch { [WinfraLabFile]::Fail('WriteAllText', 3, $_.Exception) } }
    static [void] WriteAllLines([string] $Path, [System.Collections.Generic.IEnumerable[string]] $Lines) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::WriteAllLines($Path, $Lines) } catch { [WinfraLabFile]::Fail('WriteAllLines', 2, $_.Exception) } }
    static [void] WriteAllLines([string] $Path, [System.Collections.Generic.IEnumerable[string]] $Lines, [System.Text.Encoding] $Encoding) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::WriteAllLines($Path, $Lines, $Encoding) } catch { [WinfraLabFile]::Fail('WriteAllLines', 3, $_.Exception) } }
    static [void] AppendAllText([string] $Path, [string] $Text) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::AppendAllText($Path, $Text) } catch { [WinfraLabFile]::Fail('AppendAllText', 2, $_.Exception) } }
    static [void] AppendAllText([string] $Path, [string] $Text, [System.Text.Encoding] $Encoding) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::AppendAllText($Path, $Text, $Encoding) } catch { [WinfraLabFile]::Fail('AppendAllText', 3, $_.Exception) } }
    static [void] AppendAllLines([string] $Path, [System.Collections.Generic.IEnumerable[string]] $Lines) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::AppendAllLines($Path, $Lines) } catch { [WinfraLabFile]::Fail('AppendAllLines', 2, $_.Exception) } }
    static [void] AppendAllLines([string] $Path, [System.Collections.Generic.IEnumerable[string]] $Lines, [System.Text.Encoding] $Encoding) { try { [WinfraLabFile]::NeedRoom($Path); [System.IO.File]::AppendAllLines($Path, $Lines, $Encoding) } catch { [WinfraLabFile]::Fail('AppendAllLines', 3, $_.Exception) } }

    # The rest, as it is.
    static [bool] Exists([string] $Path) { return [System.IO.File]::Exists($Path) }
    static [byte[]] ReadAllBytes([string] $Path) { try { return [System.IO.File]::ReadAllBytes($Path) } catch { [WinfraLabFile]::Fail('ReadAllBytes', 1, $_.Exception) }; return $null }
    static [string] ReadAllText([string] $Path) { try { return [System.IO.File]::ReadAllText($Path) } catch { [WinfraLabFile]::Fail('ReadAllText', 1, $_.Exception) }; return $null }
    static [string] ReadAllText([string] $Path, [System.Text.Encoding] $Encoding) { try { return [System.IO.File]::ReadAllText($Path, $Encoding) } catch { [WinfraLabFile]::Fail('ReadAllText', 2, $_.Exception) }; return $null }
    static [string[]] ReadAllLines([string] $Path) { try { return [System.IO.File]::ReadAllLines($Path) } catch { [WinfraLabFile]::Fail('ReadAllLines', 1, $_.Exception) }; return $null }
    static [string[]] ReadAllLines([string] $Path, [System.Text.Encoding] $Encoding) { try { return [System.IO.File]::ReadAllLines($Path, $Encoding) } catch { [WinfraLabFile]::Fail('ReadAllLines', 2, $_.Exception) }; return $null }
    static [System.Collections.Generic.IEnumerable[string]] ReadLines([string] $Path) { try { return [System.IO.File]::ReadLines($Path) } catch { [WinfraLabFile]::Fail('ReadLines', 1, $_.Exception) }; return $null }
    static [System.Collections.Generic.IEnumerable[string]] ReadLines([string] $Path, [System.Text.Encoding] $Encoding) { try { return [System.IO.File]::ReadLines($Path, $Encoding) } catch { [WinfraLabFile]::Fail('ReadLines', 2, $_.Exception) }; return $null }
    static [IO.FileAttributes] GetAttributes([string] $Path) { try { return [System.IO.File]::GetAttributes($Path) } catch { [WinfraLabFile]::Fail('GetAttributes', 1, $_.Exception) }; return 0 }
    static [void] SetAttributes([string] $Path, [IO.FileAttributes] $Attributes) { try { [System.IO.File]::SetAttributes($Path, $Attributes) } catch { [WinfraLabFile]::Fail('SetAttributes', 2, $_.Exception) } }
    static [datetime] GetCreationTime([string] $Path) { try { return [System.IO.File]::GetCreationTime($Path) } catch { [WinfraLabFile]::Fail('GetCreationTime', 1, $_.Exception) }; return 0 }
    static [void] SetCreationTime([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetCreationTime($Path, $Time) } catch { [WinfraLabFile]::Fail('SetCreationTime', 2, $_.Exception) } }
    static [datetime] GetCreationTimeUtc([string] $Path) { try { return [System.IO.File]::GetCreationTimeUtc($Path) } catch { [WinfraLabFile]::Fail('GetCreationTimeUtc', 1, $_.Exception) }; return 0 }
    static [void] SetCreationTimeUtc([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetCreationTimeUtc($Path, $Time) } catch { [WinfraLabFile]::Fail('SetCreationTimeUtc', 2, $_.Exception) } }
    static [datetime] GetLastAccessTime([string] $Path) { try { return [System.IO.File]::GetLastAccessTime($Path) } catch { [WinfraLabFile]::Fail('GetLastAccessTime', 1, $_.Exception) }; return 0 }
    static [void] SetLastAccessTime([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetLastAccessTime($Path, $Time) } catch { [WinfraLabFile]::Fail('SetLastAccessTime', 2, $_.Exception) } }
    static [datetime] GetLastAccessTimeUtc([string] $Path) { try { return [System.IO.File]::GetLastAccessTimeUtc($Path) } catch { [WinfraLabFile]::Fail('GetLastAccessTimeUtc', 1, $_.Exception) }; return 0 }
    static [void] SetLastAccessTimeUtc([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetLastAccessTimeUtc($Path, $Time) } catch { [WinfraLabFile]::Fail('SetLastAccessTimeUtc', 2, $_.Exception) } }
    static [datetime] GetLastWriteTime([string] $Path) { try { return [System.IO.File]::GetLastWriteTime($Path) } catch { [WinfraLabFile]::Fail('GetLastWriteTime', 1, $_.Exception) }; return 0 }
    static [void] SetLastWriteTime([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetLastWriteTime($Path, $Time) } catch { [WinfraLabFile]::Fail('SetLastWriteTime', 2, $_.Exception) } }
    static [datetime] GetLastWriteTimeUtc([string] $Path) { try { return [System.IO.File]::GetLastWriteTimeUtc($Path) } catch { [WinfraLabFile]::Fail('GetLastWriteTimeUtc', 1, $_.Exception) }; return 0 }
    static [void] SetLastWriteTimeUtc([string] $Path, [datetime] $Time) { try { [System.IO.File]::SetLastWriteTimeUtc($Path, $Time) } catch { [WinfraLabFile]::Fail('SetLastWriteTimeUtc', 2, $_.Exception) } }
    # .NET on Linux makes symbolic links here; .NET Framework has no such method, but the engine's own functions use it.
    static [IO.FileSystemInfo] CreateSymbolicLink([string] $Path, [string] $Target) { return [System.IO.File]::CreateSymbolicLink($Path, $Target) }
}

# The check stands in the call of the base's constructor: nothing else runs before it.
class WinfraLabFileStream : IO.FileStream {
    WinfraLabFileStream([string] $Path, [IO.FileMode] $Mode) : base([WinfraLabFileStream]::Check($Path, $Mode, $(if ($Mode -eq 'Append') { 'Write' } else { 'ReadWrite' })), $Mode) { }
    WinfraLabFileStream([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access) : base([WinfraLabFileStream]::Check($Path, $Mode, $Access), $Mode, $Access) { }
    WinfraLabFileStream([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access, [IO.FileShare] $Share) : base([WinfraLabFileStream]::Check($Path, $Mode, $Access), $Mode, $Access, $Share) { }
    WinfraLabFileStream([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access, [IO.FileShare] $Share, [int] $BufferSize) : base([WinfraLabFileStream]::Check($Path, $Mode, $Access), $Mode, $Access, $Share, $BufferSize) { }
    WinfraLabFileStream([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access, [IO.FileShare] $Share, [int] $BufferSize, [IO.FileOptions] $Options) : base([WinfraLabFileStream]::Check($Path, $Mode, $Access), $Mode, $Access, $Share, $BufferSize, $Options) { }

    static hidden [string] Check([string] $Path, [IO.FileMode] $Mode, [IO.FileAccess] $Access) {
        try {
            if ($Mode -eq 'CreateNew' -and [System.IO.File]::Exists($Path)) {
                throw [IO.IOException]::new("The file '$Path' already exists.", [WinfraLabFile]::FileExists)
            }
            if ($Access -ne 'Read') { [WinfraLabFile]::NeedWritable($Path) }
            [WinfraLabFile]::NeedUnused($Path)
        }
        catch { [WinfraLabFile]::Fail('.ctor', 4, $_.Exception) }
        return $Path
    }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($name in 'IO.File', 'System.IO.File') { $accelerators::Add($name, [WinfraLabFile]) }
# Names that were looked up before mean the old type still; this file's own ones are bound by now, or keep theirs.
$cache = [psobject].Assembly.GetType('System.Management.Automation.Language.TypeCache')
$cache.GetField('s_cache', [Reflection.BindingFlags] 'NonPublic, Static').GetValue($null).Clear()
foreach ($name in 'IO.FileStream', 'System.IO.FileStream') { $accelerators::Add($name, [WinfraLabFileStream]) }
