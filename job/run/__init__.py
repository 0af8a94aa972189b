"""The E2E job, from checkout to teardown."""
