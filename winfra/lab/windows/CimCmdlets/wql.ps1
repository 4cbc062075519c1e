# Conditions of WQL: the text behind WHERE.

function Split-Condition([string] $Text) {
    # The words of a WQL condition: strings with their quotes, operators, names, numbers.
    $pattern = '\G\s*(''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*"|<>|!=|<=|>=|[=<>()]|[\w.-]+)'
    $position = 0
    $words = [System.Collections.Generic.List[string]]::new()
    foreach ($found in [regex]::Matches($Text, $pattern)) {
        $words.Add($found.Groups[1].Value)
        $position = $found.Index + $found.Length
    }
    if ($Text.Substring($position).Trim()) { throw [FormatException] "Invalid query" }
    , $words
}

function Test-Comparison($Instance, [System.Collections.Generic.List[string]] $Words) {
    $first, $operator, $second = $Words[0], $Words[1].ToUpperInvariant(), $Words[2]
    $Words.RemoveRange(0, 3)
    $known = $Instance.PSObject.Properties[$first]
    if ($null -eq $known) { throw [FormatException] 'Invalid query' }
    $value = $known.Value
    if ($operator -eq 'IS') {
        $negated = $second -eq 'NOT'
        if ($negated) { $Words.RemoveAt(0) }
        return ($null -eq $value) -ne $negated
    }
    $wanted = if ($second -match '^[''"]') { [regex]::Replace($second.Substring(1, $second.Length - 2), '\\(.)', '$1') }
    elseif ($second -in 'TRUE', 'FALSE') { $second -eq 'TRUE' }
    else { [decimal]::Parse($second, [Globalization.CultureInfo]::InvariantCulture) }
    # A comparison with NULL never holds.
    if ($null -eq $value) { return $false }
    switch ($operator) {
        '=' { $value -eq $wanted }
        { $_ -in '<>', '!=' } { $value -ne $wanted }
        '<' { $value -lt $wanted }
        '>' { $value -gt $wanted }
        '<=' { $value -le $wanted }
        '>=' { $value -ge $wanted }
        'LIKE' { $value -like ([System.Management.Automation.WildcardPattern]::Escape($wanted) -replace '%', '*' -replace '_', '?') }
        default { throw [FormatException] 'Invalid query' }
    }
}

function Test-Term($Instance, [System.Collections.Generic.List[string]] $Words) {
    if ($Words.Count -and $Words[0] -eq 'NOT') {
        $Words.RemoveAt(0)
        return -not (Test-Term $Instance $Words)
    }
    if ($Words.Count -and $Words[0] -eq '(') {
        $Words.RemoveAt(0)
        $holds = Test-Condition $Instance $Words
        if (-not $Words.Count -or $Words[0] -ne ')') { throw [FormatException] 'Invalid query' }
        $Words.RemoveAt(0)
        return $holds
    }
    if ($Words.Count -lt 3) { throw [FormatException] 'Invalid query' }
    Test-Comparison $Instance $Words
}

function Test-Condition($Instance, [System.Collections.Generic.List[string]] $Words) {
    # AND binds before OR; all of it is read, so that a wrong word is found wherever it stands.
    $any = $false
    $all = Test-Term $Instance $Words
    while ($Words.Count -and $Words[0] -in 'AND', 'OR') {
        $joint = $Words[0]
        $Words.RemoveAt(0)
        $next = Test-Term $Instance $Words
        if ($joint -eq 'OR') { $any = $any -or $all; $all = $next } else { $all = $all -and $next }
    }
    $any -or $all
}
