"""What people ask of the live half, applied to the building as it is: a value that is good, or every contradiction.

A statement is what a request has said, well formed already (its model sees to that): by the request's field names,
with numbers that are exact, times with their zone, and only the fields that were said.
"""
