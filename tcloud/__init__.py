"""雲市集: a government programme that gives small companies points for cloud solutions."""
