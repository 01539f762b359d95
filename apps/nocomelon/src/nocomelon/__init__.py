"""NoComelon's service: keeps images, audio and videos in S3, one prefix a user, and joins them into videos."""

__version__ = "0.1.0"
