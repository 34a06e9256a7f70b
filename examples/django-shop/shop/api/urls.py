"""Paths of the API."""

from rest_framework.routers import DefaultRouter

from .views import OrderViewSet, ProductViewSet, UploadViewSet

router = DefaultRouter()
router.register("products", ProductViewSet)
router.register("orders", OrderViewSet, basename="order")
router.register("uploads", UploadViewSet, basename="upload")

app_name = "api"
urlpatterns = router.urls
