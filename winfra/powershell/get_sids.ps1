# The SIDs of accounts; null for a name that nothing here knows.
param([string[]] $Account)

@{ Items = @(foreach ($name in $Account) { @{ Account = $name; Sid = ConvertTo-Sid $name } }) }
