package vestry.declare

deny contains "too deep" if f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(1)))))))))))))))

f(x) := x
