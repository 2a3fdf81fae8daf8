"""Taiwan groups figures by three with a comma; Django's zh_Hant would print 30000 without one."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
