package team

name := "payments"
