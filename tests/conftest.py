"""What holds for every test: a slow machine makes no test of a rule fail."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
