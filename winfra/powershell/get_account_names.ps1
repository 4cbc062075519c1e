# The names of accounts; null for a SID whose account is gone.
param([string[]] $Sid)

@{ Items = @(foreach ($one in $Sid) { @{ Sid = $one; Name = ConvertFrom-Sid $one } }) }
