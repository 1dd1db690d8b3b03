# Shared by the rules: which accounts a function may reach.
package vestry.accounts

is_allowed(account) if {
	is_string(account)
	account == input.function.account
}

is_allowed(account) if account in data.vestry.config.own_account.accounts
