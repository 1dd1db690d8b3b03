package team.lib

names := data.team.name
