package lib.b

limit(n) := n + count(data.vestry[stage].a.deny) if some stage in ["declare"]
