"""More texts than one machine holds: blocks of files, scored and counted on Ray."""
