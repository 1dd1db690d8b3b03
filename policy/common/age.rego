# Shared by the rules: how old something is.
package vestry.age

nanoseconds_a_day := (((24 * 60) * 60) * 1000) * 1000000

days_since(moment) := floor((input.now_ns - time.parse_rfc3339_ns(moment)) / nanoseconds_a_day)
