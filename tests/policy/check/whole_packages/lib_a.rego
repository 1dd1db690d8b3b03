package lib

all contains "a"
