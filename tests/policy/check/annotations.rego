# METADATA
# scope: rule
package vestry.declare.annotations

# METADATA
# title: [
deny contains "a" if input.delivery == "file"

# METADATA
# title: every one of these
# scope: everything
deny contains "b" if input.delivery == "file"

# METADATA
deny contains "c" if input.delivery == "file"

# METADATA
# authors: the team
deny contains "d" if input.delivery == "file"

# METADATA
# scope: package
deny contains "e" if input.delivery == "file"

# METADATA
# - title
deny contains "f" if input.delivery == "file"

# METADATA
# title: of nothing
