# The user's own folder for temporary files, which others than administrators cannot write to.
param()

@{ Path = $env:TEMP }
