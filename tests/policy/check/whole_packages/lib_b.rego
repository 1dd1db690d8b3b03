package lib

names := all
