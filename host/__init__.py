"""Host: what the job and localcloud both need of this machine: folders, processes, programs."""
