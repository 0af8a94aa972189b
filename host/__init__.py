"""Host: folders, processes and programs of this machine, for the job and localcloud."""
