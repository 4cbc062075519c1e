@{
    RootModule        = 'NetSecurity.psm1'
    ModuleVersion     = '2.0.0.0'
    GUID              = '4b26ff51-7aee-4731-9cf7-508b82532cbf'
    Description       = 'Rules of the lab''s firewall.'
    FunctionsToExport = @(
        'Disable-NetFirewallRule', 'Enable-NetFirewallRule', 'Get-NetFirewallAddressFilter', 'Get-NetFirewallApplicationFilter',
        'Get-NetFirewallPortFilter', 'Get-NetFirewallProfile', 'Get-NetFirewallRule', 'Get-NetFirewallServiceFilter',
        'New-NetFirewallRule', 'Remove-NetFirewallRule', 'Set-NetFirewallRule'
    )
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
