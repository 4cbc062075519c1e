# Fails with a secret in its hands.
param([securestring] $Secret, [ValidateSet('a', 'b')] [string] $Choice)

throw 'by design'
