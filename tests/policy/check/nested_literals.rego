package vestry.declare

deny contains "parser" if x := [[[[[[[[[[[[[1]]]]]]]]]]]]]
